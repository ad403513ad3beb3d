-- SPDX-License-Identifier: ISC
-- What became of a schedule: the last 50 events, oldest first, a line each:
--
--   MS WORD TICK COUNT DETAIL
--
-- TICK is "-" where none is meant. Of ticks dropped one after the other for
-- the same reason there is one line, with the latest of them and how many; so it
-- is of tries that found the queue full. Of
-- a tick that became a job COUNT is how many before it were missed. DETAIL is
-- the job's stamp, that of the job in the way, or who did it.
local LOG_MOST = 50
local LOG_DROPS = {missed = true, paused = true, bounds = true, limit = true,
  overlap = true, known = true, full = true}

local function cron_log(name, word, tick, n, detail)
  local text = call('HGET', CRON, 'h:' .. name) or ''
  local rest, last = string.match(text, '^(.-)([^\n]*)\n$')
  local before, times = string.match(last or '', '^%S+ (%S+) %S+ (%d+)')
  if LOG_DROPS[word] and before == word then
    text, n = rest, n + tonumber(times)
  end
  text = text .. table.concat({now_text, word, tick, int(n), detail}, ' ') ..
    '\n'
  local _, lines = string.gsub(text, '\n', '\n')
  if lines > LOG_MOST then text = string.match(text, '\n(.*)$') end
  call('HSET', CRON, 'h:' .. name, text)
end

local function cron_unlog(name) call('HDEL', CRON, 'h:' .. name) end

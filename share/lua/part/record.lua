-- SPDX-License-Identifier: ISC
-- The mutable record of a job, made at its first claim (until then the pushed
-- envelope is all there is). Text, so that people and C can read it:
--
--   TOKEN CLOSED SINCE SCORE DELIVERIES ATTEMPTS LOSSES RELEASES ROW
--   ATTEMPTS_BEFORE LOSSES_BEFORE RELEASES_BEFORE RETRIES FLAGS LAST REASON
--   HEADER
--   attempts as netstrings, the last ten
--
-- where the first two lines above are one line, and HEADER is a copy of the
-- envelope's first line, because the envelope goes when the job is done. The
-- job's state is not in it: the set that holds the id is the state.
local TOKEN, CLOSED, SINCE, SCORE, DELIVERIES, ATTEMPTS, LOSSES, RELEASES, ROW,
  ATTEMPTS_BEFORE, LOSSES_BEFORE, RELEASES_BEFORE, RETRIES, FLAGS, LAST,
  REASON, HEADER, HISTORY = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  16, 17, 18
local RECORD = '^(%S+) (%S+) (%d+) (%-?%d+) ' .. string.rep('(%d+) ', 9) ..
  '(%S+) (%S+) ([^\n]*)\n([^\n]*)\n(.*)$'

local function record_new(header)
  return {'-', '-', now_text, '0', '0', '0', '0', '0', '0', '0', '0', '0', '0',
    '-', '-', '', header, ''}
end

-- nil for a text that was damaged: what is counted with has to be numbers, as
-- an error half-way would leave a job in no set at all.
local function record_parse(text)
  local r = {string.match(text, RECORD)}
  if #r == 18 then return r end
end

local function record_line(r) return table.concat(r, ' ', 1, 16) end

-- `line` is its first line, for those who have it.
local function record_text(r, line)
  return (line or record_line(r)) .. '\n' .. r[HEADER] .. '\n' .. r[HISTORY]
end

-- The same two for the life that most jobs have, which is short. The first line
-- of a record at the first claim:
local function first_line(token, score)
  return token .. ' - ' .. now_text .. ' ' .. score ..
    ' 1 0 0 0 0 0 0 0 0 - - '
end

-- Of a job that is done at its first attempt: since when that ran, and the
-- record with it; nil for any other.
local FIRST = '^(%S+) %- (%d+) (%-?%d+) 1 0 0 0 0 0 0 0 0 %- %- \n([^\n]*)\n$'
local function first_attempt(text, token, how, detail)
  local held, since, score, header = string.match(text, FIRST)
  if held ~= token then return end
  local entry = since .. ' ' .. int(math.max(0, now - since)) .. ' ' .. how ..
    ' ' .. detail
  return since, '- ' .. token .. ' ' .. now_text .. ' ' .. score ..
    ' 1 0 0 0 0 0 0 0 0 - ' .. how .. ' \n' .. header .. '\n' .. #entry .. ':' ..
    entry .. ',', header
end

-- The envelope's first line.
local function header_of(envelope)
  return string.match(envelope, '^[^\n]*') or ''
end

-- The record of a job in any state, made from its envelope if it has none
-- that can be read; nil for an id without either (tampered data).
local function record_of(id)
  local text = call('HGET', JOB, id)
  local r = text and record_parse(text)
  if r then return r end
  local envelope = call('HGET', PAY, id)
  if envelope then return record_new(header_of(envelope)) end
end

-- A header with an option set to a number: ' a=', when the job is due, has to be
-- kept there, as `dly` and `rty` forget it when the job leaves them.
local function with_option(header, letter, n)
  local option = ' ' .. letter .. '=' .. int(n)
  local changed, found = string.gsub(header, ' ' .. letter .. '=%d+', option, 1)
  return found > 0 and changed or header .. option
end

local function note_due(r, at) r[HEADER] = with_option(r[HEADER], 'a', at) end

-- What a tombstone says: dropped while it waited, or while it ran.
local function was_dropped(r)
  return r[LAST] == 'deleted' or r[FLAGS] == 'd' and r[LAST] ~= 'exit:0'
end

-- Since when a job has waited: its push or, if it was delayed, put back or tried,
-- when it was due. Whoever starts it and gives it back changes nothing in that.
local function pushed_or_due(header)
  local since = tonumber(string.match(header, '^%S+ (%d+)')) or now
  local due = string.find(header, ' a=', 1, true) and
    tonumber(string.match(header, ' a=(%d+)')) or 0
  return math.max(since, due)
end

-- One attempt more at the end of the history, which keeps ten. `start` says
-- when and how long, so that the server's clock times both.
local function record_attempt(r, how, detail)
  local since = tonumber(r[SINCE])
  local entry = int(since) .. ' ' .. int(math.max(0, now - since)) .. ' ' ..
    how .. ' ' .. detail
  r[LAST], r[SINCE] = how, now_text
  local history = r[HISTORY] .. #entry .. ':' .. entry .. ','
  if r[HISTORY] == '' then
    r[HISTORY] = history
    return
  end
  local entries, at = {}, 1
  while true do
    local _, colon, length = string.find(history, '^(%d+):', at)
    -- a length changed by hand must not send us back or beyond all ends
    if not colon or #length > 9 then break end
    entries[#entries + 1] = at
    at = colon + tonumber(length) + 2
  end
  if #entries > 10 then history = string.sub(history, entries[#entries - 9]) end
  r[HISTORY] = history
end

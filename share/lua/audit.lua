#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- audit, version 1. All there is about some ids, for who judges whether it fits
-- together. One script, because a job may move between two looks.
-- KEYS  the queue's keys
-- ARGV  1 the largest envelope to return, 2 how many bytes of envelopes end
--       the answer early, then ids
-- Returns OK, the server's ms, the fence, the most losses a job may have, then
-- 9 for each id, as far as it came: the states that hold it ("ready dead"), its
-- score in the first of them, how many ready jobs have that score, record or
-- nil, bytes of the envelope (-1 = none), envelope or nil, bytes of the result
-- (-1), "1" if there is news, "1" if the worker is known. O(ids · log n).
--@ base
--@ record
--@ state

local largest, budget = tonumber(ARGV[1]), tonumber(ARGV[2])
local answer = {'OK', now_text, call('HGET', META, 'fence') or '0',
  int(math.max(setting('max_losses'),
    tonumber(call('HGET', META, 'max_losses_was')) or 0))}
local ORDER = {'ready', 'delayed', 'retry', 'running', 'done', 'dead'}

local function size_of(hash, id)
  local n = call('HSTRLEN', hash, id)
  if n == 0 and call('HEXISTS', hash, id) == 0 then return -1 end
  return n
end

local function put(id)
  local n, states, score = #answer, {}, nil
  for _, state in ipairs(ORDER) do
    local s = call('ZSCORE', STATES[state], id)
    if s then
      states[#states + 1] = state
      score = score or s
    end
  end
  local text, size = call('HGET', JOB, id), size_of(PAY, id)
  local same, worker = 0, ''
  if states[1] == 'ready' then same = call('ZCOUNT', RDY, score, score) end
  if states[1] == 'running' and text then
    worker = string.match(text, '^%d+%.(%S+)') or ''
  end
  answer[n + 1] = table.concat(states, ' ')
  answer[n + 2], answer[n + 3], answer[n + 4] = score or '', same, text
  -- what scripts cannot read is no record
  if text and not record_parse(text) then answer[n + 4] = '' end
  answer[n + 5] = size
  answer[n + 6] = size >= 0 and size <= largest and call('HGET', PAY, id)
  answer[n + 7] = size_of(OUT, id)
  answer[n + 8] = call('HEXISTS', LIVE, id) == 1 and '1' or ''
  answer[n + 9] = worker ~= '' and
    call('HEXISTS', WRK, 'c:' .. worker) == 1 and '1' or ''
  if answer[n + 6] then budget = budget - size end
  budget = budget - #(text or '')
end

for i = 3, #ARGV do
  put(ARGV[i])
  if budget <= 0 then break end
end
return answer

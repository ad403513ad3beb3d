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
-- (-1), "1" if there is news, "" if its worker is not known, "unlisted" if an
-- answer to that one's last claim would not be given again with it, else "1".
-- O(ids · log n).
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

-- What the last claim of a worker got has the highest fences of all it holds: a
-- job with one above those, that is not among them, was left out. The first few
-- of them that it still holds are enough to tell.
local function standing(id, token)
  local fence, worker = string.match(token, '^(%d+)%.(%S+)')
  local last = worker and call('HGET', WRK, 'c:' .. worker)
  if not last then return '' end
  if string.find(last .. ' ', ' ' .. id .. ' ', 1, true) then return '1' end
  local looked = 0
  for listed in string.gmatch(last, ' (%S+)') do
    local held, by = string.match(call('HGET', JOB, listed) or '',
      '^(%d+)%.(%S+)')
    if by == worker then
      return tonumber(held) < tonumber(fence) and 'unlisted' or '1'
    end
    looked = looked + 1
    if looked == 3 then break end
  end
  return '1'
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
  local same = 0
  if states[1] == 'ready' then same = call('ZCOUNT', RDY, score, score) end
  answer[n + 1] = table.concat(states, ' ')
  answer[n + 2], answer[n + 3], answer[n + 4] = score or '', same, text
  -- what scripts cannot read is no record
  if text and not record_parse(text) then answer[n + 4] = '' end
  answer[n + 5] = size
  answer[n + 6] = size >= 0 and size <= largest and call('HGET', PAY, id)
  answer[n + 7] = size_of(OUT, id)
  answer[n + 8] = call('HEXISTS', LIVE, id) == 1 and '1' or ''
  answer[n + 9] = states[1] == 'running' and text and standing(id, text) or ''
  if answer[n + 6] then budget = budget - size end
  budget = budget - #(text or '')
end

for i = 3, #ARGV do
  put(ARGV[i])
  if budget <= 0 then break end
end
return answer

#!lua
-- SPDX-License-Identifier: ISC
-- import, version 1. Jobs as export.lua gave them come into being again, with
-- their attempts. One script, because each enters a set and up to three hashes.
-- What they were counted as elsewhere is the difference that fix_ counters hold.
-- KEYS  the queue's keys
-- ARGV  1 epoch to set on a new queue (random), 2 "keep" to give ready jobs the
--       very places they had, "behind" to put them behind those that are here;
--       then 6 for each job: id, state, score, record, envelope, result
-- Returns OK, then for each job OK, KNOWN (a job of that id is here: nothing
-- was written), ENDED (the same, but the one here is done since then) or BAD and
-- why. A job that ran becomes ready in its old place, as one that its worker gave
-- back; one that an operator dropped comes back. O(jobs · log n).
--@ base
--@ count
--@ record
--@ ready
--@ push
--@ state
--@ flaw
--@ touch

touch_all()
local TIMED = {delayed = DLY, retry = RTY, dead = DEAD, done = DONE}

local keep = ARGV[2] == 'keep'
local fence_was = tonumber(call('HGET', META, 'fence')) or 0
local fence = fence_was

-- The place it had, unless that is taken or was never ours to give.
local function enter_ready(id, score, header)
  local priority = tonumber(string.match(header, ' p=(-?%d+)')) or 0
  local place = score % BAND
  if math.abs(priority) > 9 then priority = 0 end
  if not keep or place ~= math.floor(place) or place < 1 or
      place > BAND / 2 or score_priority(score) ~= priority or
      call('ZCOUNT', RDY, int(score), int(score)) > 0 then
    return make_ready(id, new_score(priority))
  end
  seq = math.max(seq or tonumber(call('HGET', META, 'seq')) or 0, place)
  make_ready(id, score)
end

-- Dropped by an operator, who may think better of it, or lost; what was moved
-- elsewhere or replaced by its schedule is not to run twice.
local function may_come_back(r)
  return was_dropped(r) and not string.find(r[REASON], '^moved to ') and
    not string.find(r[REASON], '^replaced by ')
end

-- The word for a job that is here and stays, 'DROPPED' for one that may come back.
local function found_here(id, state)
  local here = state_of(id)
  if not here then return is_known(id) and 'KNOWN' end
  if here ~= 'done' or state == 'done' then return 'KNOWN' end
  local r = record_of(id)
  return r and may_come_back(r) and 'DROPPED' or 'ENDED'
end

local function forget_dropped(id)
  count('done_bytes', -call('HSTRLEN', JOB, id) - call('HSTRLEN', OUT, id))
  call('ZREM', DONE, id)
  call('HDEL', JOB, id)
  call('HDEL', OUT, id)
  count('fix_jobs', -1)
  count('fix_done', -1)
end

local function import(at)
  local id, state, text = ARGV[at], ARGV[at + 1], ARGV[at + 3]
  local score, envelope = tonumber(ARGV[at + 2]), ARGV[at + 4]
  local result = ARGV[at + 5]
  local here = found_here(id, state)
  if here and here ~= 'DROPPED' then return here end
  local r = text ~= '' and record_parse(text) or nil
  local why = flaw(state, score, text, r, envelope, result)
  if why then return 'BAD ' .. why end
  if here then forget_dropped(id) end
  if r then fence = math.max(fence, token_number(r[CLOSED])) end
  if state == 'running' then
    fence = math.max(fence, token_number(r[TOKEN]))
    state, score = 'ready', tonumber(r[SCORE])
    r[TOKEN], r[FLAGS], r[RELEASES] = '-', '-', int(r[RELEASES] + 1)
    text = record_text(r)
  elseif r and (r[TOKEN] ~= '-' or r[FLAGS] ~= '-') then
    r[TOKEN], r[FLAGS] = '-', '-'
    text = record_text(r)
  end
  if text ~= '' then call('HSET', JOB, id, text) end
  if envelope ~= '' then call('HSET', PAY, id, envelope) end
  if result ~= '' then call('HSET', OUT, id, result) end
  count('fix_jobs')
  if state == 'ready' then
    enter_ready(id, score, r and r[HEADER] or header_of(envelope))
    return 'OK'
  end
  call('ZADD', TIMED[state], ARGV[at + 2], id)
  woken = woken + (state == 'delayed' and 1 or 0)
  if state == 'done' or state == 'dead' then
    count('fix_' .. state)
    count(state .. '_bytes', #text + #envelope + #result)
  end
  return 'OK'
end

found(ARGV[1])
local answer = {'OK'}
for at = 3, #ARGV - 5, 6 do answer[#answer + 1] = import(at) end
if fence > fence_was then call('HSET', META, 'fence', int(fence)) end
write_wakes()
write_counters()
return answer

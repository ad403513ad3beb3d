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
-- was written) or BAD and why. A job that ran becomes ready in its old place,
-- as one that its worker gave back. O(jobs · log n).
--@ base
--@ count
--@ record
--@ ready
--@ push
--@ state
--@ touch

touch_all()
local TIMED = {delayed = DLY, retry = RTY, dead = DEAD, done = DONE}

local function token_number(token)
  return tonumber(string.match(token, '^(%d+)%.')) or 0
end

-- Why it cannot be a job of ours, or nil.
local function flaw(state, score, text, r, envelope, result)
  if not STATES[state] then return 'no such state' end
  if not score or score ~= score or math.abs(score) > 2 ^ 53 then
    return 'the score is no number of ours'
  end
  if text ~= '' and not r then return 'the record cannot be read' end
  if not r and state ~= 'ready' and state ~= 'delayed' or
      (envelope == '') ~= (state == 'done') then
    return 'it is not whole, or more than that'
  end
  if result ~= '' and state ~= 'done' then return 'it has a result' end
  if envelope ~= '' then
    local header = header_of(envelope)
    local size = string.match(header, '^1 %d+ %d+ (%d+) %S+')
    if tonumber(size) ~= #envelope - #header - 1 then
      return 'the payload is not what its header says'
    end
  end
  if not r then return nil end
  local extra = r[DELIVERIES] - r[ATTEMPTS] - r[LOSSES] - r[RELEASES] -
    r[ATTEMPTS_BEFORE] - r[LOSSES_BEFORE] - r[RELEASES_BEFORE]
  if extra ~= (state == 'running' and 1 or 0) and
      not (state == 'done' and extra == 1) then
    return 'its counters do not add up'
  end
  if not string.match(r[HEADER], '^1 %d+ %d+ %d+ %S+') or
      #r[REASON] + #r[HEADER] > 65536 or
      math.max(token_number(r[CLOSED]), token_number(r[TOKEN])) >= 2 ^ 53 then
    return 'the record is none of ours'
  end
end

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

local function import(at)
  local id, state, text = ARGV[at], ARGV[at + 1], ARGV[at + 3]
  local score, envelope = tonumber(ARGV[at + 2]), ARGV[at + 4]
  local result = ARGV[at + 5]
  if state_of(id) or is_known(id) then return 'KNOWN' end
  local r = text ~= '' and record_parse(text) or nil
  local why = flaw(state, score, text, r, envelope, result)
  if why then return 'BAD ' .. why end
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

#!lua flags=allow-oom
-- SPDX-License-Identifier: ISC
-- mend, version 1. One job whose data does not fit together, as far as it can
-- be mended: a payload is never lost; where sets contradict each other it runs
-- again, where it cannot be known what it was it is dead, for people to see.
-- One script, because all of it may move; a job in order is left alone.
-- KEYS  the queue's keys
-- ARGV  1 id
-- Returns OK, then what was done, a sentence each. O(log n).
--@ base
--@ count
--@ record
--@ ready
--@ finish
--@ state
--@ sound

local id, answer, places = ARGV[1], {'OK'}, {}
local function did(what) answer[#answer + 1] = what end
for state, set in pairs(STATES) do
  places[state] = call('ZSCORE', set, id) or nil
end
for _, hash in ipairs({OUT, LIVE, MIN}) do call('HLEN', hash) end
call('LLEN', WAKE)
local text, envelope = call('HGET', JOB, id), call('HGET', PAY, id)
local r = text and record_parse(text)
local held = r and string.find(r[TOKEN], '.', 1, true)

local function leave(but)
  for state, set in pairs(STATES) do
    if places[state] and state ~= but then
      call('ZREM', set, id)
      if but then did('it was ' .. state .. ' too, and is ' .. but) end
    end
  end
end

local function bury(reason)
  leave()
  if places.dead then
    count('dead_in', -1)
    count('dead_bytes', -#(text or '') - #envelope)
  end
  to_dead(id, r or record_new(header_of(envelope)), reason)
  did('it is dead now: ' .. reason)
end

-- Nothing is left that could run. What it tells of itself is kept if it can be.
local function end_without_payload()
  leave()
  if not text and not next(places) then
    if call('HDEL', OUT, id) == 1 then did('the result was removed') end
  elseif not r then
    call('HDEL', JOB, id)
    call('HDEL', OUT, id)
    if next(places) then count('orphan') end
    did('it was removed: neither payload nor record is left')
  elseif not next(places) and r[CLOSED] ~= '-' then
    to_done(id, r, '')
    did('it is done again: it was closed and has no payload')
  else
    r[LAST], r[REASON] = 'deleted', 'its payload was lost'
    if next(places) then count('deleted') end
    if places.dead then count('deleted_dead') end
    to_done(id, r, '')
    did('it is deleted now: its payload is lost')
  end
end

local function settle_in(state)
  leave(state)
  if not places[state] then
    make_ready(id, new_score(priority_in(header_of(envelope))))
    did('it is ' .. state .. ' now: no worker can close it')
  end
  if state == 'done' and call('HDEL', PAY, id) == 1 then
    did('the payload was removed: it is done')
  end
  if not r and state ~= 'ready' and state ~= 'delayed' then
    r, text = record_new(header_of(envelope)), ''
    did('it has a new record')
  end
  if not r then return end
  sound_fence(r, did)
  sound_record(r, state, envelope, did)
  local new = record_text(r)
  if new ~= text then
    call('HSET', JOB, id, new)
    if state == 'done' or state == 'dead' then
      count(state .. '_bytes', #new - #text)
    end
  end
end

local state, reason = supported(places, text, r, envelope, held)
if reason then
  bury(reason)
elseif not state then
  end_without_payload()
else
  settle_in(state)
  sound_score(id, state, call('ZSCORE', STATES[state], id),
    r and r[HEADER] or header_of(envelope), did)
end
if state ~= 'running' and call('HDEL', LIVE, id) == 1 then
  did('the news was removed: it does not run')
end
if state and state ~= 'done' and call('HDEL', OUT, id) == 1 then
  did('the result was removed: it is not done')
end
write_wakes()
write_counters()
return answer

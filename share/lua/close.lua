#!lua flags=allow-oom
-- SPDX-License-Identifier: ISC
-- close, version 1. T4, T5, T6: what became of claimed jobs. One script,
-- because the token check and the move must not be parted: only the holder of
-- the running lease may close it, however late or often its word comes.
-- KEYS  the queue's keys
-- ARGV  8 for each job:
--       id, token,
--       kind: done, fail (an attempt failed), dead (for good), release (given
--       back, no attempt charged),
--       delay in ms (fail: back-off; release: 0 = to the front of its place),
--       most attempts,
--       how it ended ("exit:1", "signal:9", "timeout"), one word,
--       detail: "USER_US SYS_US PEAK_KIB PID WORKER REASON\nSTDERR TAIL",
--       result (done) or "".
-- Returns OK, then for each job OK, DUP (closed by this token before), LOST
-- (somebody else's by now) or GONE (no such job any more). O(jobs · log n).
--@ base
--@ gather
--@ record
--@ ready
--@ finish
--@ lease
--@ tick
--@ touch

touch_all()

local function reason_of(detail)
  return string.match(detail, '^%S+ %S+ %S+ %S+ %S+ ([^\n]*)') or ''
end

local function fail(id, r, delay, limit, reason)
  r[ATTEMPTS] = r[ATTEMPTS] + 1
  r[ROW] = 0
  count('failed')
  count_minute('f')
  if stopped(id, r) then return end
  if r[ATTEMPTS] >= limit then
    count('failed_dead')
    return to_dead(id, r, reason)
  end
  r[REASON] = reason
  call('HSET', JOB, id, record_text(r))
  make_due(RTY, id, now + delay, score_priority(r[SCORE]))
end

local function release(id, r, delay)
  r[RELEASES] = r[RELEASES] + 1
  count('released')
  if stopped(id, r) then return end
  r[ROW] = r[ROW] + (delay > 0 and 1 or 0)
  if r[ROW] > setting('max_releases') then
    return to_dead(id, r, 'deferred more than ' .. (r[ROW] - 1) ..
      ' times in a row')
  end
  call('HSET', JOB, id, record_text(r))
  if delay > 0 then
    make_due(DLY, id, now + delay, score_priority(r[SCORE]))
  else
    make_ready(id, tonumber(r[SCORE]))
  end
end

local live = call('HLEN', LIVE) > 0
local seen = {}

local function close(at, text)
  local id, token, kind = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  if seen[id] then
    write_gathered()
    text = call('HGET', JOB, id)
  end
  seen[id] = true
  local r = text and record_parse(text)
  if not r then return 'GONE' end
  if r[TOKEN] ~= token then return r[CLOSED] == token and 'DUP' or 'LOST' end
  local delay, limit = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local detail = ARGV[at + 6]
  gather('ZREM', RUN, id)
  if live then gather('HDEL', LIVE, id) end
  if kind ~= 'release' then count_span('r', now - tonumber(r[SINCE])) end
  tell_end(kind, id, r, ARGV[at + 5], detail)
  record_attempt(r, ARGV[at + 5], detail)
  r[TOKEN], r[CLOSED] = '-', token
  if kind == 'done' then
    r[REASON], r[ROW] = '', '0'
    count('completed')
    count_minute('d')
    to_done(id, r, ARGV[at + 7], gather)
  elseif kind == 'release' then
    release(id, r, delay)
  else
    fail(id, r, delay, kind == 'dead' and 0 or limit, reason_of(detail))
  end
  return 'OK'
end

outage_check(setting('lease'))
local answer = {'OK'}
for first = 1, #ARGV, 8 * 100 do
  local ids = {}
  for at = first, math.min(#ARGV, first + 799), 8 do ids[#ids + 1] = ARGV[at] end
  local texts = call('HMGET', JOB, unpack(ids))
  for i = 1, #ids do
    answer[#answer + 1] = close(first + (i - 1) * 8, texts[i])
  end
end
write_gathered()
trim_all(math.min(500, 64 + #ARGV / 8))
write_wakes()
write_counters()
return answer

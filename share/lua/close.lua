#!lua flags=allow-oom
-- SPDX-License-Identifier: ISC
-- close, version 1. T4, T5, T6: what became of claimed jobs, and T2 for the
-- places that are free by that. One script, because token check and move must not
-- be parted: only who holds the lease may close, however late or often.
-- KEYS  the queue's keys
-- ARGV  8 for each job:
--       id, token,
--       kind: done, fail (an attempt failed), dead (for good), release (given
--       back, no attempt charged),
--       delay in ms (fail: back-off; release: 0 = to the front of its place),
--       most attempts,
--       how it ended ("exit:1", "signal:9", "timeout"), one word,
--       detail: "USER_US SYS_US PEAK_KIB PID WORKER REASON\nSTDERR TAIL",
--       result (done) or "";
--       then, if the worker wants more, the first three that claim.lua is given
-- Returns OK, then for each job OK, DUP (closed by this token before), LOST
-- (somebody else's by now) or GONE (no such job any more), then what claim.lua
-- returns. O(jobs · log n).
--@ base
--@ count
--@ gather
--@ record
--@ ready
--@ finish
--@ trim
--@ lease
--@ tick
--@ touch
--@ outcome
--@ take
--@ claim

touch_all()

local live = call('HLEN', LIVE) > 0
local seen = {}

local function leave(id)
  gather('ZREM', RUN, id)
  if live then gather('HDEL', LIVE, id) end
end

-- Returns the word for the answer. `text` is the job's record.
local function close(at, text)
  local id, token, kind = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  if seen[id] then
    write_gathered()
    text = call('HGET', JOB, id)
  end
  seen[id] = true
  local how, detail, result = ARGV[at + 5], ARGV[at + 6], ARGV[at + 7]
  if text and kind == 'done' and not events and
      done_at_once(id, text, token, how, detail, result) then
    leave(id)
    return 'OK'
  end
  local r = text and record_parse(text)
  if not r then return 'GONE' end
  if r[TOKEN] ~= token then return r[CLOSED] == token and 'DUP' or 'LOST' end
  leave(id)
  if kind ~= 'release' then count_span('r', now - tonumber(r[SINCE])) end
  tell_end(kind, id, r, how, detail)
  record_attempt(r, how, detail)
  r[TOKEN], r[CLOSED] = '-', token
  local delay, limit = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  if kind == 'done' then
    done(id, r, result)
  elseif kind == 'release' then
    release(id, r, delay)
  else
    fail(id, r, delay, kind == 'dead' and 0 or limit, reason_of(detail))
  end
  return 'OK'
end

outage_check(setting('lease'))
local answer, last = {'OK'}, #ARGV - #ARGV % 8
for first = 1, last, 8 * 100 do
  local ids = {}
  for at = first, math.min(last, first + 799), 8 do ids[#ids + 1] = ARGV[at] end
  local texts = call('HMGET', JOB, unpack(ids))
  for i = 1, #ids do
    answer[#answer + 1] = close(first + (i - 1) * 8, texts[i])
  end
end
write_gathered()
trim_all(math.min(500, 64 + last / 8))
if last < #ARGV then
  answer[#answer + 1] = claim(ARGV[last + 1], ARGV[last + 2], ARGV[last + 3], 'busy')
end
write_wakes()
write_counters()
return answer

#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- survey, version 1. What can be checked of a queue as a whole, in one atomic
-- look, and what a worker's next claim has to move.
-- KEYS  the queue's keys
-- Returns OK, the server's ms, the ms of the last housekeeping, the lease, the
-- hold, "1" if a worker was seen lately, jobs, a list of 4 for each violation
-- (what, what there is, what there should be, which job or ""), a list of 3
-- for each of the jobs longest overdue (state, id, score), and a list of 2 for
-- each counter that never falls (name, value). O(log n).
--@ base
--@ count
--@ ready
--@ balance

local violations, overdue = {}, {}
local function violated(what, have, want, id)
  local n = #violations
  violations[n + 1], violations[n + 2] = what, have
  violations[n + 3], violations[n + 4] = want, id or ''
end

local all = balances()
for _, b in ipairs(all) do
  if not balanced(b) then violated(b[1], int(b[2]), int(b[3])) end
end
for _, name in ipairs(COUNTERS) do
  local value = call('HGET', META, name)
  if value and not string.match(value, '^%-?%d+$') then
    violated('counter', value, name)
  end
end
local m = call('HMGET', META, 'format', 'epoch', 'seq', 'tick', 'hold')
local jobs = all[1][2]
if jobs > 0 and not m[1] then violated('format', '', '1') end
if (jobs > 0 or m[1]) and not m[2] then violated('epoch', '', '') end
local most, whose = highest_seq()
if most > (tonumber(m[3]) or 0) then
  violated('seq', m[3] or '0', int(most), whose)
end

local lease, hold = setting('lease'), tonumber(m[5]) or 0
local function late(state, set, upto)
  local list = call('ZRANGEBYSCORE', set, '-inf', int(upto), 'WITHSCORES',
    'LIMIT', 0, 64)
  for i = 1, #list, 2 do
    local n = #overdue
    overdue[n + 1], overdue[n + 2] = state, list[i]
    overdue[n + 3] = list[i + 1]
  end
end
late('delayed', DLY, now - 2000)
late('retry', RTY, now - 2000)
if now >= hold or hold > now + 2 * lease then
  late('running', RUN, now - lease - 2000)
end
local seen = tonumber(call('ZREVRANGE', SEEN, 0, 0, 'WITHSCORES')[2]) or 0
local rising = {}
for i, name in ipairs(RISING) do
  rising[2 * i - 1], rising[2 * i] = name, int(counter(name))
end
return {'OK', now_text, m[4] or '0', int(lease), int(hold),
  now - seen <= math.max(5000, lease / 3 + 1000) and '1' or '', int(jobs),
  violations, overdue, rising}

#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- workers, version 1. Who serves this queue.
-- KEYS  the queue's keys
-- ARGV  1 ms after which a worker that did not beat counts as gone, a lease
--       at least
-- Returns OK, the server's ms, then 3 for each of at most 1,000 workers:
-- instance, ms when last seen, what it told of itself.
--@ base

local answer = {'OK', now_text}
local gone = math.max(tonumber(ARGV[1]), setting('lease'))
for _, worker in ipairs(call('ZRANGEBYSCORE', SEEN,
    int(now - gone), '+inf', 'LIMIT', 0, 1000)) do
  local n = #answer
  answer[n + 1], answer[n + 2] = worker, call('ZSCORE', SEEN, worker)
  answer[n + 3] = call('HGET', WRK, 'i:' .. worker) or ''
end
return answer

#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- recent, version 1. What a queue is at and what went wrong there lately: some
-- jobs that run, and those that failed last.
-- KEYS  the queue's keys
-- ARGV  1 most jobs of each kind (100)
-- Returns OK, the server's ms, then 6 for each job: state (running, dead,
-- retry), id, record line, header, live text, worker's entry ("" if unknown).
-- O(log n + jobs). Those that wait for a retry are the first ones due.
--@ base
--@ record

local most = math.min(tonumber(ARGV[1]), 100)
local answer = {'OK', now_text}

local function put(state, id)
  local text = call('HGET', JOB, id)
  local r = text and record_parse(text)
  if not r then return end
  local n, worker = #answer, string.match(r[TOKEN], '%.(.*)$')
  answer[n + 1], answer[n + 2] = state, id
  answer[n + 3], answer[n + 4] = table.concat(r, ' ', 1, 16), r[HEADER]
  answer[n + 5] = state == 'running' and call('HGET', LIVE, id) or ''
  answer[n + 6] = worker and call('HGET', WRK, 'i:' .. worker) or ''
end

local function put_all(state, ids)
  for _, id in ipairs(ids) do put(state, id) end
end

put_all('running', call('ZRANGE', RUN, 0, most - 1))
put_all('dead', call('ZREVRANGE', DEAD, 0, most - 1))
put_all('retry', call('ZRANGE', RTY, 0, most - 1))
return answer

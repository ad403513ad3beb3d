#!lua flags=allow-oom
-- SPDX-License-Identifier: ISC
-- remove, version 1. T11: an operator stops jobs. One script, because a worker
-- may claim or close the job at the same moment.
-- KEYS  the queue's keys
-- ARGV  1 "cancel" (waiting jobs become dead, running ones are told to stop
--       and become dead) or "drop" (waiting and dead jobs are deleted, running
--       ones are told to stop and are deleted) or "hold" (waiting jobs become
--       dead, running ones are left alone), 2 the reason to record, then the
--       ids (1,000 at most)
-- Returns OK, then for each id OK, ASKED (running: its worker learns of it at
-- its next beat), GONE, or the state in which there is nothing to do.
--@ base
--@ count
--@ record
--@ finish
--@ state
--@ remove
--@ touch

touch_all()
local answer = {'OK'}
for i = 3, #ARGV do
  if ARGV[1] == 'hold' and call('ZSCORE', RUN, ARGV[i]) then
    answer[i - 1] = 'running'
  else
    answer[i - 1] = remove(ARGV[i], ARGV[1] == 'drop', ARGV[2])
  end
end
write_counters()
return answer

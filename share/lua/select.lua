#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- select, version 1. The ids of the jobs in a state that fit, a slice of its
-- set at a time. The place where a slice begins is a job, not a number, so that
-- nothing is passed over or seen twice while jobs leave the set.
-- KEYS  the queue's keys
-- ARGV  1 state, 2 score and 3 id of the job that was looked at last (all jobs
--       of that score or more: any score and ""), 4 the highest score to look
--       at, 5 most jobs to find (1,000), then pairs of what has to fit and how:
--         last    how the last attempt ended: "exit:1", "signal:9" …
--         error   what the reason has to contain
--         name    the job's name
--         worker  the name of the worker of the last attempt
-- Returns OK, the server's ms, how many were looked at, the score and the id to
-- go on from ("" and "": the end), then the ids. A slice ends after 500 looks
-- at ids alone, 100 at records, about 512 KiB read. O(log n + slice).
--@ base
--@ state
--@ walk

local set = STATES[ARGV[1]]
if not set then return {'UNKNOWN'} end
local want, filtered = {}, false
for i = 6, #ARGV, 2 do want[ARGV[i]], filtered = ARGV[i + 1], true end

-- Who ran the last attempt: the last netstring of the history.
local function worker_of(text)
  local _, line = string.find(text, '\n')
  local _, at = string.find(text, '\n', (line or 0) + 1)
  local last
  while at do
    local _, colon, length = string.find(text, '^(%d+):', at + 1)
    if not colon or #length > 9 then break end
    last, at = colon + 1, colon + tonumber(length) + 1
  end
  return last and string.match(text, '^%S+ %S+ %S+ %S+ %S+ %S+ %S+ (%S+)', last)
end

local RECORD = '^' .. string.rep('%S+ ', 14) .. '(%S+) ([^\n]*)\n([^\n]*)'
local read = 0

local function fits(id)
  local text = call('HGET', JOB, id) or ''
  local last, reason, header = string.match(text, RECORD)
  read = read + #text
  if not last then
    local envelope = want.name and call('HGET', PAY, id) or ''
    read = read + #envelope
    last, reason, header = '-', '', string.match(envelope, '^[^\n]*')
  end
  if want.last and want.last ~= last then return false end
  if want.error and not string.find(reason, want.error, 1, true) then
    return false
  end
  if want.name and string.match(header, ' n=(%S+)') ~= want.name then
    return false
  end
  return not want.worker or worker_of(text) == want.worker
end

local highest, most = tonumber(ARGV[4]), math.min(tonumber(ARGV[5]), 1000)
local looks = filtered and 100 or math.min(most, 500)
local first = rank_behind(set, ARGV[2], ARGV[3])
local page = call('ZRANGE', set, first, first + looks - 1, 'WITHSCORES')
local answer = {'OK', now_text, 0, '', ''}
local looked, over = 0, #page < 2 * looks
for i = 1, #page, 2 do
  if tonumber(page[i + 1]) > highest then
    over = true
    break
  end
  looked = looked + 1
  answer[4], answer[5] = page[i + 1], page[i]
  if not filtered or fits(page[i]) then answer[#answer + 1] = page[i] end
  if i < #page - 1 and (#answer - 5 >= most or read > 524288) then
    over = false
    break
  end
end
if over then answer[4], answer[5] = '', '' end
answer[3] = looked
return answer

#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- list, version 1. Jobs of one state, in its order, a slice at a time. The place
-- where a slice begins is a job, not a number, so that nothing is passed over or
-- seen twice while jobs leave the list.
-- KEYS  the queue's keys
-- ARGV  1 state, 2 score and 3 id of the job that was looked at last (all jobs
--       of that score or more: any score and ""), 4 the highest score to look
--       at, 5 most jobs to find (1,000), 6 "ids", "jobs" or "payloads" (jobs with
--       their envelopes), then what has to fit (part/filter.lua)
-- Returns OK, the server's ms, how many were looked at, the score and the id to
-- go on from ("" and "": the end), then the ids; or 5 for each job: id, score,
-- record line ("" if never claimed), header, envelope or "". A slice ends after
-- 500 looks at ids alone, 200 at jobs, 100 where something has to fit, and after
-- about 512 KiB read, 4 MiB with payloads. O(log n + slice).
--@ base
--@ record
--@ state
--@ walk
--@ filter

local set, what = STATES[ARGV[1]], ARGV[6]
if not set then return {'UNKNOWN'} end
want_pairs(7)

local answer, found = {'OK', now_text, 0, '', ''}, 0

local function put_job(id, score)
  local text = call('HGET', JOB, id)
  local line, header, envelope = '', '', ''
  if text then
    line, header = string.match(text, '^([^\n]*)\n([^\n]*)')
    -- changed by hand; the caller sees that it cannot be read
    if not line then line, header = text, '' end
  end
  if not text or what == 'payloads' then
    envelope = call('HGET', PAY, id) or ''
    read = read + #envelope
    if not text then header = header_of(envelope) end
  end
  local n = #answer
  answer[n + 1], answer[n + 2], answer[n + 3] = id, score, line
  answer[n + 4] = header
  answer[n + 5] = what == 'payloads' and envelope or ''
end

local function put(id, score)
  found = found + 1
  if what ~= 'ids' then return put_job(id, score) end
  answer[#answer + 1] = id
end

local highest, most = tonumber(ARGV[4]), math.min(tonumber(ARGV[5]), 1000)
local looks = filtered and 100 or math.min(most, what == 'ids' and 500 or 200)
local enough = what == 'payloads' and 4194304 or 524288
local first = rank_behind(set, ARGV[2], ARGV[3])
local page = call('ZRANGE', set, first, first + looks - 1, 'WITHSCORES')
local looked, over = 0, #page < 2 * looks
for i = 1, #page, 2 do
  local id, score = page[i], page[i + 1]
  if tonumber(score) > highest then
    over = true
    break
  end
  looked = looked + 1
  answer[4], answer[5] = score, id
  if not filtered or fits(id) then put(id, score) end
  if i < #page - 1 and (found >= most or read > enough) then
    over = false
    break
  end
end
if over then answer[4], answer[5] = '', '' end
answer[3] = looked
return answer

#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- list, version 1. Jobs of one state, a page at a time. The place where a page
-- begins is a job, not a number: who reads the list may take jobs out of it.
-- KEYS  the queue's keys
-- ARGV  1 state, 2 score and 3 id of the job before the page ("-inf" and "":
--       the first page), 4 most to return (500), 5 "payload" to return the
--       envelopes whole, else ""
-- Returns OK, the server's ms, then 5 for each job: id, score, record line
-- ("" if never claimed), header, envelope or "". A page ends early after
-- about 4 MiB. O(log n + page).
--@ base
--@ record
--@ state
--@ walk

local set = STATES[ARGV[1]]
if not set then return {'UNKNOWN'} end
local first = rank_behind(set, ARGV[2], ARGV[3])
local most = math.min(tonumber(ARGV[4]), 500)
local page = call('ZRANGE', set, first, first + most - 1, 'WITHSCORES')
local answer, read = {'OK', now_text}, 0

local function put(id, score)
  local text = call('HGET', JOB, id)
  local line, header, envelope = '', '', ''
  if text then
    line, header = string.match(text, '^([^\n]*)\n([^\n]*)')
    -- changed by hand; the caller sees that it cannot be read
    if not line then line, header = text, '' end
  end
  if not text or ARGV[5] == 'payload' then
    envelope = call('HGET', PAY, id) or ''
    read = read + #envelope
    if not text then header = header_of(envelope) end
  end
  local n = #answer
  answer[n + 1], answer[n + 2], answer[n + 3] = id, score, line
  answer[n + 4] = header
  answer[n + 5] = ARGV[5] == 'payload' and envelope or ''
end

for i = 1, #page, 2 do
  put(page[i], page[i + 1])
  if read > 4194304 then break end
end
return answer

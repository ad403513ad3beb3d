#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- cron_list, version 1. The schedules that feed this queue, a page at a time.
-- KEYS  as cron_sync
-- ARGV  1 the version that the caller has ("" = none), 2 how many to skip,
--       3 most to return (500), 4 "payloads" to have these as well, or ""
-- Returns SAME, the server's ms, the version; or OK, the same two, how many
-- there are, then 4 for each: name, state line, definition, payload. A page
-- ends early after about 4 MiB; one whose version is not that of the page
-- before is of another list. O(fields of the hash).
--@ base
--@ cron

local version = call('HGET', CRON, 'v') or '0'
if version == ARGV[1] then return {'SAME', now_text, version} end
local names = {}
for _, source in ipairs(cron_sources()) do
  for name in string.gmatch(call('HGET', CRON, 'n:' .. source), '%S+') do
    names[#names + 1] = name
  end
end
local answer, read = {'OK', now_text, version, #names}, 0
local first = tonumber(ARGV[2]) + 1
local most = math.min(tonumber(ARGV[3]), 500)
for i = first, math.min(#names, first + most - 1) do
  local s = cron_state(names[i])
  local payload = ARGV[4] == 'payloads' and
    call('HGET', CRON, 'p:' .. names[i]) or ''
  local n = #answer
  answer[n + 1] = names[i]
  answer[n + 2] = s and table.concat(s, ' ', 1, ENQUEUED) or ''
  answer[n + 3] = call('HGET', CRON, 'd:' .. names[i]) or ''
  answer[n + 4] = payload
  read = read + #payload + #answer[n + 3]
  if read > 4194304 then break end
end
return answer

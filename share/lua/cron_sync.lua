#!lua
-- SPDX-License-Identifier: ISC
-- cron_sync, version 1. Makes the schedules of one source that feed this queue
-- those that are listed. One script, because two hosts may apply their files
-- at once, and a name belongs to one source.
-- KEYS  the queue's keys, its hash of schedules, the set of all queues
--       that have some (part/cron.lua)
-- ARGV  1 "check" (write nothing) or "apply", 2 source, 3 generation, 0 for
--       none, 4 what of those that are not listed: "keep" them, "remove" them,
--       or "refuse" to when none is listed at all, 5 who does it, then 4 for
--       each schedule: name, definition, payload, its next tick or "-"
-- Returns OK and the server's ms, then a word and a name for each that is
-- "added", "changed" or "removed", or would be; or TAKEN, a name, its source;
-- OLD and the generation in force; EMPTY and how many there are. O(schedules
-- of the source, old and new; 10,000 at most; fields of the hash).
--@ base
--@ cron
--@ cron_log

local apply, source, generation, others, by = ARGV[1] == 'apply', ARGV[2],
  tonumber(ARGV[3]), ARGV[4], ARGV[5]
if not generation or not by or (#ARGV - 5) % 4 ~= 0 then
  return {'MALFORMED'}
end
local names = call('HGET', CRON, 'n:' .. source) or ''
local in_force = tonumber(call('HGET', CRON, 'g:' .. source)) or 0
if generation < in_force then return {'OLD', int(in_force)} end

--@ cron_set

local list, listed, left = '', {}, {}
for i = 6, #ARGV, 4 do
  local s = cron_state(ARGV[i])
  if s and s[SOURCE] ~= source then return {'TAKEN', ARGV[i], s[SOURCE]} end
  listed[ARGV[i]] = true
end
for name in string.gmatch(names, '%S+') do
  if others == 'keep' then
    list = list .. ' ' .. name
    listed[name] = nil
  elseif not listed[name] then
    left[#left + 1] = name
  end
end
if #left > 0 and #ARGV == 5 and others == 'refuse' then
  return {'EMPTY', int(#left)}
end
call('SCARD', CRONS)

local answer = {'OK', now_text}
local function tell(word, name)
  answer[#answer + 1] = word
  answer[#answer + 1] = name
end

local added = {list}
for i = 6, #ARGV, 4 do
  local name, definition, payload = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local word = cron_verdict(name, definition, payload)
  if word then tell(word, name) end
  if word and apply then
    cron_set(name, source, definition, payload, ARGV[i + 3])
  end
  if listed[name] then added[#added + 1] = ' ' .. name end
end
for _, name in ipairs(left) do
  tell('removed', name)
  if apply then cron_unset(name) end
end
if not apply then return answer end

list = table.concat(added)
if list ~= names then cron_set_names(source, list) end
-- a queue that the source never fed need not know of it
if generation > in_force and list .. names ~= '' then
  call('HSET', CRON, 'g:' .. source, int(generation))
end
cron_enlist()
return answer

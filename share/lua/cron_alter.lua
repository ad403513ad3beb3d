#!lua
-- SPDX-License-Identifier: ISC
-- cron_alter, version 1. One schedule is paused, resumed or removed by hand,
-- whatever its source.
-- KEYS  as cron_sync
-- ARGV  1 "pause", "resume" or "remove", 2 name, 3 who does it
-- Returns OK, SAME (it is so already), GONE, or DAMAGED (its state was changed
-- by hand; it can be removed), each with the server's ms; OK of a removal with
-- the source too, "-" for none. After a resume no tick of before fires any
-- more. O(1), a removal O(fields of the hash).
--@ base
--@ cron
--@ cron_log

local verb, name, by = ARGV[1], ARGV[2], ARGV[3]
if not by then return {'MALFORMED'} end
if not call('HGET', CRON, 'd:' .. name) then return {'GONE', now_text} end
local s = cron_state(name)
call('SCARD', CRONS)
--@ cron_set

if verb == 'remove' then
  for _, source in ipairs(cron_sources()) do
    local kept, found = {''}, false
    for one in string.gmatch(call('HGET', CRON, 'n:' .. source), '%S+') do
      if one == name then found = true else kept[#kept + 1] = one end
    end
    if found then cron_set_names(source, table.concat(kept, ' ')) end
  end
  cron_unset(name)
  cron_enlist()
  return {'OK', now_text, s and s[SOURCE] or '-'}
end

if not s then return {'DAMAGED', now_text} end
local pause = verb == 'pause'
if cron_marked(s, 'p') == pause then return {'SAME', now_text} end
cron_mark(s, 'p', pause)
if not pause then
  s[TICK] = int(math.max(tonumber(s[TICK]), tonumber(second)))
end
cron_write(name, s)
cron_log(name, pause and 'pause' or 'resume', '-', 1, by)
return {'OK', now_text}

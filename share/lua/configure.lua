#!lua flags=allow-oom
-- SPDX-License-Identifier: ISC
-- configure, version 1. T12 and settings: pause, resume, limits, retention.
-- KEYS  the queue's keys
-- ARGV  pairs of a name and a value; "" puts the default back. The name
--       "paused" takes "REASON" and stores it with the time.
-- Returns OK, or UNKNOWN and the name. O(pairs).
--@ base
--@ count

local NAMES = {paused = true}
for name in pairs(DEFAULTS) do NAMES[name] = true end
for i = 1, #ARGV, 2 do
  if not NAMES[ARGV[i]] then return {'UNKNOWN', ARGV[i]} end
end
local resumed = false
if not layout then
  call('HSET', META, 'format', '1', 'epoch', int(micros))
end
for i = 1, #ARGV, 2 do
  local name, value = ARGV[i], ARGV[i + 1]
  -- jobs that were lost more often than is allowed from now on are in order
  if name == 'max_losses' then
    call('HSET', META, 'max_losses_was', math.max(setting(name),
      tonumber(call('HGET', META, 'max_losses_was')) or 0))
  end
  -- workers hear of a shorter lease when they renew a long one
  if name == 'lease' then
    local m = call('HMGET', META, 'lease_was', 'lease_until')
    local was = math.max(setting('lease'),
      now < (tonumber(m[2]) or 0) and tonumber(m[1]) or 0)
    call('HSET', META, 'lease_was', int(was), 'lease_until', int(now + was))
  end
  if name == 'paused' then
    emit(value == '' and 'resumed' or 'paused', '', 'error', value)
  end
  if value == '' then
    resumed = resumed or name == 'paused'
    call('HDEL', META, name)
  elseif name == 'paused' then
    -- pausing again keeps who did it first and when
    call('HSETNX', META, name, now_text .. ' ' .. value)
  else
    call('HSET', META, name, value)
  end
end
-- every idle worker of a resumed queue has to look, so use all the hints
if resumed then
  local want = math.min(16, call('ZCARD', RDY)) - call('LLEN', WAKE)
  for _ = 1, want do call('LPUSH', WAKE, '1') end
end
write_events()
return {'OK'}

#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- stat, version 1. What goes on in a queue, in one consistent look.
-- KEYS  the queue's fifteen keys
-- ARGV  1 ms after which a worker that did not beat counts as gone, a lease
--       at least
-- Returns OK, the server's ms, then pairs of name and value. O(log n).
--@ base
--@ record
--@ state

local answer = {'OK', now_text}
local function put(name, value)
  answer[#answer + 1] = name
  answer[#answer + 1] = value
end

-- The oldest ready job heads one of the nineteen priorities.
local function oldest_ready()
  local oldest
  for priority = -9, 9 do
    local low = -priority * 2 ^ 44
    local first = call('ZRANGEBYSCORE', RDY, int(low), '(' .. int(low + 2 ^ 44),
      'LIMIT', 0, 1)[1]
    local r = first and record_of(first)
    local created = r and string.match(r[HEADER], '^%S+ (%d+)')
    if created and (not oldest or tonumber(created) < oldest) then
      oldest = tonumber(created)
    end
  end
  return oldest and int(oldest) or ''
end

for name, set in pairs(STATES) do put(name, call('ZCARD', set)) end
-- pushed to, or waited for
put('known', (layout or call('ZCARD', SEEN) > 0) and '1' or '')
put('oldest', oldest_ready())
-- they beat each third of a lease
local gone = math.max(tonumber(ARGV[1]), setting('lease'))
put('workers', call('ZCOUNT', SEEN, int(now - gone), '+inf'))
local minute = math.floor(now / 60000)
for kind, name in pairs({p = 'pushed', d = 'done', f = 'failed'}) do
  for back = 0, 1 do
    put(name .. '_minute_' .. back,
      call('HGET', MIN, int(minute - back) .. kind) or '0')
  end
end
put('minute_ms', int(now - minute * 60000))
for name, default in pairs(DEFAULTS) do
  put(name, call('HGET', META, name) or int(default))
end
for _, name in ipairs({'paused', 'epoch', 'pushed', 'dup', 'claimed',
    'completed', 'failed', 'lost', 'released', 'dead_in', 'retried', 'deleted',
    'expired', 'trimmed_done', 'trimmed_dead', 'orphan', 'hold'}) do
  put(name .. (STATES[name] and '_total' or ''),
    call('HGET', META, name) or '')
end
return answer

#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- stat, version 2. What goes on in a queue, in one consistent look.
-- KEYS  the queue's keys
-- ARGV  1 ms after which a worker that did not beat counts as gone, a lease
--       at least; 2 "spans" for the histograms of base.lua too, else ""
-- Returns OK, the server's ms, then pairs of name and value. O(log n + workers
-- that live, 1,000 at most).
--@ base
--@ count
--@ record
--@ state

local answer = {'OK', now_text}
local function put(name, value)
  answer[#answer + 1] = name
  answer[#answer + 1] = value
end

-- Fields of a hash, a missing one as `default`; each is put by its name.
local function put_fields(key, fields, names, default)
  local values = call('HMGET', key, unpack(fields))
  for i, name in ipairs(names) do put(name, values[i] or default) end
end

-- The oldest ready job heads one of the nineteen priorities, which lie one
-- behind the other; those without a job cost nothing.
local function oldest_ready()
  local oldest, low = nil, '-inf'
  for _ = -9, 9 do
    local first = call('ZRANGEBYSCORE', RDY, low, '+inf', 'WITHSCORES',
      'LIMIT', 0, 1)
    if not first[1] then break end
    local r = record_of(first[1])
    local since = r and pushed_or_due(r[HEADER])
    if since and (not oldest or since < oldest) then oldest = since end
    low = int((math.floor(tonumber(first[2]) / 2 ^ 44) + 1) * 2 ^ 44)
  end
  return oldest or now
end

-- Nobody makes ready what is due where there is no worker.
local function due_since(set)
  local at = tonumber(call('ZRANGE', set, 0, 0, 'WITHSCORES')[2])
  return at and at > 0 and math.min(math.floor(at), now) or now
end

local function oldest()
  local since = math.min(oldest_ready(), due_since(DLY), due_since(RTY))
  return (since < now or call('ZCARD', RDY) > 0) and int(since) or ''
end

-- What the living workers told of themselves: how many are in which state, and
-- their slots. They beat each third of a lease.
local function put_workers()
  local gone = int(now - math.max(tonumber(ARGV[1]), setting('lease')))
  local living = call('ZRANGEBYSCORE', SEEN, gone, '+inf', 'LIMIT', 0, 1000)
  local fields, n = {}, {run = 0, halted = 0, quiet = 0, stopping = 0}
  local slots, busy = 0, 0
  for i, worker in ipairs(living) do fields[i] = 'i:' .. worker end
  for _, info in ipairs(#fields > 0 and call('HMGET', WRK, unpack(fields)) or
      {}) do
    local has, uses, state = string.match(info or '',
      '^%S+ %S+ %d+ (%d+) (%d+) %d+ %d+ %d+ %S+ (%S+)')
    if n[state] then
      n[state] = n[state] + 1
      slots, busy = slots + tonumber(has), busy + tonumber(uses)
    end
  end
  put('workers', call('ZCOUNT', SEEN, gone, '+inf'))
  for state, many in pairs(n) do put('workers_' .. state, many) end
  put('slots', int(slots))
  put('slots_busy', int(busy))
end

for name, set in pairs(STATES) do put(name, call('ZCARD', set)) end
-- pushed to, or waited for
put('known', (layout or call('ZCARD', SEEN) > 0) and '1' or '')
put('oldest', oldest())
put_workers()
local minute = math.floor(now / 60000)
local this, last = int(minute), int(minute - 1)
put_fields(MIN, {this .. 'p', last .. 'p', this .. 'd', last .. 'd',
  this .. 'f', last .. 'f'}, {'pushed_minute_0', 'pushed_minute_1',
  'done_minute_0', 'done_minute_1', 'failed_minute_0', 'failed_minute_1'}, '0')
put('minute_ms', int(now - minute * 60000))
local settings = {}
for name in pairs(DEFAULTS) do settings[#settings + 1] = name end
for i, value in ipairs(call('HMGET', META, unpack(settings))) do
  put(settings[i], value or int(DEFAULTS[settings[i]]))
end
local META_FIELDS = {'paused', 'epoch', 'pushed', 'dup', 'claimed',
  'completed', 'failed', 'failed_dead', 'lost', 'released', 'dead_in',
  'retried', 'deleted', 'expired', 'trimmed_done', 'trimmed_dead', 'orphan',
  'hold', 'done_bytes', 'dead_bytes'}
put_fields(META, META_FIELDS, META_FIELDS, '')
if ARGV[2] == 'spans' then
  local names = {'w:sum', 'r:sum'}
  for _, bound in ipairs(BOUNDS) do
    names[#names + 1] = 'w:' .. bound
    names[#names + 1] = 'r:' .. bound
  end
  put_fields(META, names, names, '0')
end
return answer

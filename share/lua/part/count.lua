-- SPDX-License-Identifier: ISC
-- What is gathered while a script works and written once at its end: events for
-- those who follow, counters, and facts about the queue.
-- While somebody follows the queue, and some minutes longer, what happens to
-- its jobs is recorded (events.lua): words of name and value after kind and id.
-- A key of a foreign type stops us here.
local events = now < (tonumber(recorded) or 0) and {}
if events then call('XLEN', EVENTS) end
local function emit(...)
  if events then events[#events + 1] = {...} end
end

local function write_events()
  if not events then return end
  local most = int(setting('keep_events'))
  for _, event in ipairs(events) do
    call('XADD', EVENTS, 'MAXLEN', '~', most, '*', 'event', event[1], 'id',
      event[2], unpack(event, 3))
  end
end

local counted = {}
local function count(name, n)
  counted[name] = (counted[name] or 0) + (n or 1)
end

-- A field of `meta`, written with the counters.
local stored = {}
local function store(name, text)
  stored[#stored + 1] = name
  stored[#stored + 1] = text
end

-- Counters of the running minute: p pushed, d done, f failed attempts, and
-- those of count_span().
local counted_now = {}
local function count_minute(kind, n)
  counted_now[kind] = (counted_now[kind] or 0) + (n or 1)
end

-- Histograms, of this minute and of all time: w, how long jobs waited from
-- their push, or from when they were due, to their first start; r, how long
-- attempts ran. 'w:50' counts spans above 20 ms and up to 50 ms, 'w:sum' adds
-- up their milliseconds. The bounds are those of lib/queue/spans.c.
local BOUNDS = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000,
  30000, 60000, 120000, 300000, 600000, 1800000, 3600000, 14400000, 86400000,
  'inf'}
local spans, bucket = {w = {}, r = {}}, 1
local function count_span(kind, ms)
  local n = spans[kind]
  ms = math.max(0, ms)
  -- mostly that of the one before
  if bucket > 1 and ms <= BOUNDS[bucket - 1] then bucket = 1 end
  while bucket < #BOUNDS and ms > BOUNDS[bucket] do bucket = bucket + 1 end
  n[bucket], n.sum = (n[bucket] or 0) + 1, (n.sum or 0) + ms
end

-- The names of what is counted in a minute: sums, and the buckets of a kind.
local SUMS = {'p', 'd', 'f', 'w:sum', 'r:sum'}
local function minute_fields(minute, kind)
  local text, names = int(minute), {}
  for i, name in ipairs(kind and BOUNDS or SUMS) do
    names[i] = text .. (kind or '') .. name
  end
  return names
end

local function write_counters()
  for kind, counts in pairs(spans) do
    for i, n in pairs(counts) do
      count(kind .. ':' .. (BOUNDS[i] or 'sum'), n)
      count_minute(kind .. ':' .. (BOUNDS[i] or 'sum'), n)
    end
  end
  write_events()
  if #stored > 0 then call('HSET', META, unpack(stored)) end
  for name, n in pairs(counted) do call('HINCRBY', META, name, int(n)) end
  local minute = int(math.floor(now / 60000))
  for kind, n in pairs(counted_now) do
    call('HINCRBY', MIN, minute .. kind, int(n))
  end
end

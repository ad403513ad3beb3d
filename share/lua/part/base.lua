-- SPDX-License-Identifier: ISC
-- What every script starts with: the queue's keys in their fixed order, one
-- look at the server's clock, the layout check and the settings. R1: all checks
-- come before the first write.
local RDY, DLY, RTY, RUN, DONE, DEAD, JOB, PAY, OUT, META, WRK, WAKE, MIN,
  LIVE, SEEN, EVENTS = unpack(KEYS)
local call = redis.call

-- Lua prints numbers with 14 digits; ours have up to 17.
local function int(n) return string.format('%d', n) end

local time = call('TIME')
local micros = time[1] * 1000000 + time[2]
local now = math.floor(micros / 1000)
local now_text = int(now)

local layout, recorded = unpack(call('HMGET', META, 'format', 'recorded'))
if layout and layout ~= '1' then return {'FORMAT', layout} end

-- A setting of this queue, or its default. All are read in one go.
local DEFAULTS = {
  lease = 15000, max_len = 0, max_losses = 3, max_releases = 1000,
  keep_done = 86400000, keep_done_jobs = 10000, keep_done_bytes = 67108864,
  keep_dead = 2592000000, keep_dead_jobs = 100000,
  keep_dead_bytes = 268435456, keep_events = 100000,
}
local settings
local function setting(name)
  if not settings then
    local names = {}
    for known in pairs(DEFAULTS) do names[#names + 1] = known end
    local values = call('HMGET', META, unpack(names))
    settings = {}
    for i, known in ipairs(names) do
      settings[known] = tonumber(values[i]) or DEFAULTS[known]
    end
  end
  return settings[name]
end

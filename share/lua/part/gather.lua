-- SPDX-License-Identifier: ISC
-- Writes of many jobs that are alike become one: a call from a script costs
-- more than most of what it does. They are made by write_gathered(), in the
-- order in which the first of each kind came; until then nobody sees them.
local GATHER_MOST = 400
local gathered, gatherings = {}, {}

local function write_gathered()
  for _, g in ipairs(gatherings) do call(unpack(g)) end
  gathered, gatherings = {}, {}
end

-- `b` may be left out. A call has so many arguments at most.
local function gather(command, key, a, b)
  local of_key = gathered[key] or {}
  gathered[key] = of_key
  local g = of_key[command]
  if not g then
    g = {command, key}
    of_key[command], gatherings[#gatherings + 1] = g, g
  end
  local n = #g
  g[n + 1], g[n + 2] = a, b
  if n >= GATHER_MOST then of_key[command] = nil end
end

-- The members of what came WITHSCORES.
local function every_second(list)
  local ids = {}
  for i = 1, #list, 2 do ids[#ids + 1] = list[i] end
  return ids
end

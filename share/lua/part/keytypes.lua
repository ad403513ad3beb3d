-- SPDX-License-Identifier: ISC
-- The type of each key, in the order of KEYS. For scripts that look at keys
-- which may be anything: they begin with this and not with base.lua, whose
-- first look fails at a foreign `meta`.
local call = redis.call
local TYPES = {'zset', 'zset', 'zset', 'zset', 'zset', 'zset', 'hash', 'hash',
  'hash', 'hash', 'hash', 'list', 'hash', 'hash', 'zset', 'stream'}

local function key_type(i) return call('TYPE', KEYS[i]).ok end

if key_type(10) == 'hash' then
  local layout = call('HGET', KEYS[10], 'format')
  if layout and layout ~= '1' then return {'FORMAT', layout} end
end

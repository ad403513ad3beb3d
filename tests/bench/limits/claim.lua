#!lua
-- SPDX-License-Identifier: ISC
-- The least that claiming and closing can be: the ids in ARGV from the third on
-- leave the running jobs; ARGV[1] others enter them until ARGV[2].
if #ARGV > 2 then
  local ids = {unpack(ARGV, 3)}
  redis.call('ZREM', KEYS[3], unpack(ids))
  redis.call('HDEL', KEYS[1], unpack(ids))
end
local next_ids = redis.call('ZRANGE', KEYS[2], 0, ARGV[1] - 1)
if #next_ids == 0 then return {} end
redis.call('ZREM', KEYS[2], unpack(next_ids))
local lease = {}
for _, id in ipairs(next_ids) do
  lease[#lease + 1] = ARGV[2]
  lease[#lease + 1] = id
end
redis.call('ZADD', KEYS[3], unpack(lease))
return {next_ids, redis.call('HMGET', KEYS[1], unpack(next_ids))}

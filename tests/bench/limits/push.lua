#!lua
-- SPDX-License-Identifier: ISC
-- The least a push can be: payload and place, for each pair of id and payload.
for i = 1, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  redis.call('ZADD', KEYS[2], 0, ARGV[i])
end
return 'OK'

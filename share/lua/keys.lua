#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- keys, version 1. What is wrong with the keys themselves. One script, because
-- no other one can be called on a queue with a key of a foreign type.
-- KEYS  the queue's keys
-- Returns OK, then 3 for each that is wrong: its name, its type, and its TTL
-- in ms (-1 = none). O(1).
--@ keytypes

local answer = {'OK'}
for i, key in ipairs(KEYS) do
  local kind, ttl = key_type(i), call('PTTL', key)
  if kind ~= 'none' and (kind ~= TYPES[i] or ttl >= 0) then
    local n = #answer
    answer[n + 1] = string.match(key, '[^:]*$')
    answer[n + 2] = kind ~= TYPES[i] and kind or ''
    answer[n + 3] = ttl
  end
end
return answer

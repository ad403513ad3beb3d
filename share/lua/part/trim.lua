-- SPDX-License-Identifier: ISC
-- T9: what has ended is forgotten when it is too old, too much or too many, the
-- oldest first.

-- At most `most` ids of `set`, which has `card`, and the bytes that go with them;
-- `size` tells those of one.
local function outdated(set, name, card, most, size)
  local bytes = tonumber(call('HGET', META, name .. '_bytes')) or 0
  bytes = bytes + (counted[name .. '_bytes'] or 0)
  local oldest = now - setting('keep_' .. name)
  local max_bytes = setting('keep_' .. name .. '_bytes')
  -- whole, whatever somebody has written there
  local over = math.ceil(card - setting('keep_' .. name .. '_jobs'))
  over = math.min(most, over)
  -- a score costs more to read than an id
  local ids, freed = over > 0 and call('ZRANGE', set, 0, over - 1) or {}, 0
  for _, id in ipairs(ids) do freed = freed + size(id) end
  local function next_ones(n)
    return call('ZRANGE', set, #ids, #ids + n - 1, 'WITHSCORES')
  end
  local function kept(score)
    return tonumber(score) >= oldest and bytes - freed <= max_bytes
  end
  local list = #ids < most and next_ones(1) or {}
  if list[1] and not kept(list[2]) then list = next_ones(most - #ids) end
  for i = 1, #list, 2 do
    if kept(list[i + 1]) then break end
    ids[#ids + 1] = list[i]
    freed = freed + size(list[i])
  end
  return ids, freed
end

-- `other` is where they have something beside their records: done jobs a result
-- (nil if none has any), dead ones a payload.
local function trim(set, name, most, other)
  local card = call('ZCARD', set)
  if card == 0 then return end
  local ids, freed = outdated(set, name, card, most, function(id)
    return call('HSTRLEN', JOB, id) + (other and call('HSTRLEN', other, id) or 0)
  end)
  if #ids == 0 then return end
  call('ZREM', set, unpack(ids))
  call('HDEL', JOB, unpack(ids))
  if other then call('HDEL', other, unpack(ids)) end
  count('trimmed_' .. name, #ids)
  count('trimmed_' .. name .. '_bytes', freed)
  count(name .. '_bytes', -freed)
end

local function trim_all(most)
  trim(DONE, 'done', most, call('HLEN', OUT) > 0 and OUT or nil)
  trim(DEAD, 'dead', most, PAY)
end

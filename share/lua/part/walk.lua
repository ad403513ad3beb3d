-- SPDX-License-Identifier: ISC
-- Going through a set in slices while it changes: the place where one begins is
-- a job, not a number.

-- As the server orders ids, whatever the locale.
local function precedes(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- The rank of the first one behind the job; it may have gone meanwhile.
local function rank_behind(set, score, id)
  if call('ZSCORE', set, id) == score then return call('ZRANK', set, id) + 1 end
  local number = tonumber(score)
  local low, high = 0, call('ZCARD', set)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local at = call('ZRANGE', set, middle, middle, 'WITHSCORES')
    local there = tonumber(at[2])
    if there < number or there == number and not precedes(id, at[1]) then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

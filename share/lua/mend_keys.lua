#!lua flags=allow-oom
-- SPDX-License-Identifier: ISC
-- mend_keys, version 1. No key ends by itself; one of a foreign type goes where
-- nothing is lost with it: hints, statistics, news, and what workers tell.
-- KEYS  the queue's keys
-- Returns OK, then 2 for each that was mended: its name, what was done. O(1).
--@ keytypes

local SPARE = {wake = true, min = true, live = true, seen = true, wrk = true,
  events = true}
local answer = {'OK'}

local function did(name, what)
  answer[#answer + 1] = name
  answer[#answer + 1] = what
end

for i, key in ipairs(KEYS) do
  local kind, name = key_type(i), string.match(key, '[^:]*$')
  if kind ~= 'none' then
    if kind ~= TYPES[i] and SPARE[name] then
      call('DEL', key)
      did(name, 'it was removed, and will be made anew')
    elseif kind == TYPES[i] and call('PERSIST', key) == 1 then
      did(name, 'it will stay')
    end
  end
end
return answer

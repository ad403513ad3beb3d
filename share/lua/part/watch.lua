-- SPDX-License-Identifier: ISC
-- Who follows a running job marks it, so that its worker tells its news at
-- once and not once a second. The marks lie in one field of `meta`, "ID=MS "
-- each, and end by themselves; there are never more than 32.
local MARK = '(%S+)=(%d+) '

local function is_watched(marks, id)
  if marks == '' then return false end
  for marked, till in string.gmatch(marks, MARK) do
    if marked == id then return now < tonumber(till) end
  end
  return false
end

-- The marks with one more, without those that have ended.
local function watched_too(marks, id, till)
  local kept = {id .. '=' .. int(till) .. ' '}
  for marked, its in string.gmatch(marks, MARK) do
    if #kept < 32 and marked ~= id and now < tonumber(its) then
      kept[#kept + 1] = marked .. '=' .. its .. ' '
    end
  end
  return table.concat(kept)
end

-- SPDX-License-Identifier: ISC
-- The looking half of cron_fire: which jobs of the schedule are live.
--
-- Of the jobs on record those that have not ended, oldest first, and how many
-- of them count against the queue's limit.
local live, leaving = {}, 0
local function look_at(stamps)
  local ids, held = {}, {}
  for i, one in ipairs(stamps) do ids[i] = prefix .. one end
  for _, set in ipairs({RDY, DLY, RTY, RUN}) do
    local scores = call('ZMSCORE', set, unpack(ids))
    for i = 1, #ids do
      held[i] = held[i] or scores[i]
      if scores[i] and (set == RDY or set == DLY) then leaving = leaving + 1 end
    end
  end
  for i, one in ipairs(stamps) do
    if held[i] then live[#live + 1] = one end
  end
end

local stamps = {}
for one in string.gmatch(s[STAMPS], '%S+') do stamps[#stamps + 1] = one end
if overlap == 'allow' and (max_live == 0 or #stamps < max_live) then
  -- nothing to find out; the last few stay on record for an edit
  local keep = math.max(max_live, 16)
  for i = math.max(1, #stamps - keep + 2), #stamps do
    live[#live + 1] = stamps[i]
  end
else
  for i = 1, #stamps, 500 do
    look_at({unpack(stamps, i, math.min(i + 499, #stamps))})
  end
end

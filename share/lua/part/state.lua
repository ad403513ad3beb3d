-- SPDX-License-Identifier: ISC
-- Which set holds an id: the only answer to «what state is it in».
local STATES = {ready = RDY, delayed = DLY, retry = RTY, running = RUN,
  done = DONE, dead = DEAD}

local function state_of(id)
  for state, set in pairs(STATES) do
    local score = call('ZSCORE', set, id)
    if score then return state, score end
  end
end

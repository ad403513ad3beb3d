-- SPDX-License-Identifier: ISC
-- Whether what came from outside is a job, as export.lua gives it.
local function token_number(token)
  return tonumber(string.match(token, '^(%d+)%.')) or 0
end

-- Why it cannot be a job of ours, or nil.
local function flaw(state, score, text, r, envelope, result)
  if not STATES[state] then return 'no such state' end
  if not score or score ~= score or math.abs(score) > 2 ^ 53 then
    return 'the score is no number of ours'
  end
  if text ~= '' and not r then return 'the record cannot be read' end
  if not r and state ~= 'ready' and state ~= 'delayed' or
      (envelope == '') ~= (state == 'done') then
    return 'it is not whole, or more than that'
  end
  if result ~= '' and state ~= 'done' then return 'it has a result' end
  if envelope ~= '' then
    local header = header_of(envelope)
    local size = string.match(header, '^1 %d+ %d+ (%d+) %S+')
    if tonumber(size) ~= #envelope - #header - 1 then
      return 'the payload is not what its header says'
    end
  end
  if not r then return nil end
  local extra = r[DELIVERIES] - r[ATTEMPTS] - r[LOSSES] - r[RELEASES] -
    r[ATTEMPTS_BEFORE] - r[LOSSES_BEFORE] - r[RELEASES_BEFORE]
  if extra ~= (state == 'running' and 1 or 0) and
      not (state == 'done' and extra == 1) then
    return 'its counters do not add up'
  end
  if not string.match(r[HEADER], '^1 %d+ %d+ %d+ %S+') or
      #r[REASON] + #r[HEADER] > 65536 or
      math.max(token_number(r[CLOSED]), token_number(r[TOKEN])) >= 2 ^ 53 then
    return 'the record is none of ours'
  end
end

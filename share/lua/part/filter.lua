-- SPDX-License-Identifier: ISC
-- What narrows a list of jobs: pairs of what has to fit and how.
--   last    how the last attempt ended: "exit:1", "signal:9" …
--   error   what the reason has to contain
--   name    the job's name
--   worker  the name of the worker of the last attempt
local want, filtered, read = {}, false, 0
local function want_pairs(first)
  for i = first, #ARGV, 2 do want[ARGV[i]], filtered = ARGV[i + 1], true end
end

-- Who ran the last attempt: the last netstring of the history.
local function worker_of(text)
  local _, line = string.find(text, '\n')
  local _, at = string.find(text, '\n', (line or 0) + 1)
  local last
  while at do
    local _, colon, length = string.find(text, '^(%d+):', at + 1)
    if not colon or #length > 9 then break end
    last, at = colon + 1, colon + tonumber(length) + 1
  end
  return last and string.match(text, '^%S+ %S+ %S+ %S+ %S+ %S+ %S+ (%S+)', last)
end

local RECORD = '^' .. string.rep('%S+ ', 14) .. '(%S+) ([^\n]*)\n([^\n]*)'
local function fits(id)
  local text = call('HGET', JOB, id) or ''
  local last, reason, header = string.match(text, RECORD)
  read = read + #text
  if not last then
    local envelope = want.name and call('HGET', PAY, id) or ''
    read = read + #envelope
    last, reason, header = '-', '', string.match(envelope, '^[^\n]*')
  end
  if want.last and want.last ~= last then return false end
  if want.error and not string.find(reason, want.error, 1, true) then
    return false
  end
  if want.name and string.match(header, ' n=(%S+)') ~= want.name then
    return false
  end
  return not want.worker or worker_of(text) == want.worker
end

# SPDX-License-Identifier: ISC
# Figures (case, who, value) become medians with range and ratio. Before them
# come the cases: "case", name, unit, who the others are compared with, aim as
# a ratio ("<= 1.3") or a value ("value <= 450"), or nothing.
function sort(v, n,    i, j, t) {
  for (i = 2; i <= n; i++)
    for (j = i; j > 1 && v[j - 1] > v[j]; j--) {
      t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
    }
}

function number(x) {
  return sprintf(x >= 1000 ? "%.0f" : x >= 10 ? "%.1f" : "%.3f", x)
}

# median, low and high of a case and contestant
function measure(key,    n, i, v, list) {
  n = split(values[key], list, " ")
  for (i = 1; i <= n; i++) v[i] = list[i] + 0
  sort(v, n)
  low = v[1]; high = v[n]
  return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}

# "ok" or "missed", and nothing where there is no aim or it is not about them
function verdict(name, who, ratio, median,    part, x) {
  if (who !~ /^jq/ || aim[name] == "" || who == base[name]) return ""
  split(aim[name], part, " ")
  x = part[1] == "value" ? median : ratio
  if (part[1] == "value") { part[1] = part[2]; part[2] = part[3] }
  if (x == "") return ""
  return (part[1] == "<=" ? x <= part[2] + 0 : x >= part[2] + 0) ? "ok" : "missed"
}

function put(name, who,    key, median, ratio, base_median, v) {
  key = name SUBSEP who
  if (!(key in values)) return
  ratio = ""
  if (base[name] != "" && (name SUBSEP base[name]) in values) {
    base_median = measure(name SUBSEP base[name])
    if (base_median > 0) ratio = measure(key) / base_median
  }
  median = measure(key)
  v = verdict(name, who, ratio, median)
  if (json) {
    printf "%s{\"case\":\"%s\",\"who\":\"%s\",\"unit\":\"%s\",\"median\":%s," \
      "\"low\":%s,\"high\":%s,\"ratio\":%s,\"aim\":\"%s\",\"verdict\":\"%s\"}",
      (put_any++ ? ",\n" : "["), name, who, unit[name], number(median),
      number(low), number(high), (ratio == "" ? "null" : sprintf("%.3f", ratio)),
      (who ~ /^jq/ ? aim[name] : ""), v
    return
  }
  if (!put_any++)
    printf "\n%-14s %-14s %12s  %-21s %-8s %6s  %s\n", "CASE", "WHO", "MEDIAN",
      "RANGE", "UNIT", "RATIO", "AIM"
  printf "%-14s %-14s %12s  %-21s %-8s %6s  %s\n", name, who, number(median),
    number(low) " - " number(high), unit[name],
    (ratio == "" ? "" : sprintf("%.2f", ratio)),
    (v == "" ? "" : aim[name] "  " v)
}

$1 == "case" && NF == 5 {
  order[++cases] = $2; unit[$2] = $3; base[$2] = $4; aim[$2] = $5
  next
}
{
  key = $1 SUBSEP $2
  if (!(key in values)) who[$1] = who[$1] " " $2
  values[key] = values[key] " " $3
}
END {
  for (i = 1; i <= cases; i++) {
    n = split(who[order[i]], list, " ")
    for (j = 1; j <= n; j++) put(order[i], list[j])
  }
  if (json) print put_any ? "]" : "[]"
}

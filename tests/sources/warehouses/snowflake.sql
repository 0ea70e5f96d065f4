SELECT
  "t0"."client",
  CAST("t0"."total" AS VARCHAR) AS "total",
  "t0"."placed",
  "t0"."known",
  "t0"."day",
  "t0"."paid",
  "t0"."name",
  CAST("t0"."tags" AS VARCHAR) AS "tags",
  CAST("t0"."more" AS VARCHAR) AS "more"
FROM "sales"."orders" AS "t0"

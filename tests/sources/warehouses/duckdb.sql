SELECT
  "t0"."client",
  CAST("t0"."total" AS TEXT) AS "total",
  CAST("t0"."placed" AS TEXT) AS "placed",
  CAST("t0"."known" AS TEXT) AS "known",
  CAST("t0"."day" AS TEXT) AS "day",
  "t0"."paid",
  "t0"."name",
  CAST("t0"."tags" AS TEXT) AS "tags",
  CAST("t0"."more" AS TEXT) AS "more"
FROM "sales"."orders" AS "t0"

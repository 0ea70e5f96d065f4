SELECT
  `t0`.`client`,
  CAST(`t0`.`total` AS STRING) AS `total`,
  `t0`.`placed`,
  `t0`.`known`,
  `t0`.`day`,
  `t0`.`paid`,
  `t0`.`name`,
  CAST(`t0`.`tags` AS STRING) AS `tags`,
  CAST(`t0`.`more` AS STRING) AS `more`
FROM `sales`.`orders` AS `t0`

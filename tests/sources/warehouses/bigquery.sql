SELECT
  `t1`.`client`,
  CAST(`t1`.`total` AS STRING) AS `total`,
  `t1`.`placed`,
  `t1`.`known`,
  `t1`.`day`,
  `t1`.`paid`,
  `t1`.`name`,
  TO_JSON_STRING(`t1`.`tags`) AS `tags`,
  TO_JSON_STRING(`t1`.`more`) AS `more`
FROM (
  SELECT
    `t0`.`client`,
    `t0`.`total`,
    `t0`.`placed`,
    `t0`.`known`,
    `t0`.`day`,
    `t0`.`paid`,
    `t0`.`name`,
    `t0`.`tags`,
    `t0`.`more`
  FROM `sales`.`orders` AS `t0`
) AS `t1`

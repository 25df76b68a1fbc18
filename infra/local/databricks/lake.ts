/** Catalogs and schemas of the workspace. */
export const lake = { catalog: 'main', schemas: ['sales', 'hr'] } as const

/**
 * What Unity Catalog would govern, as PostgreSQL: a schema named `catalog.schema`, a view a table, read with the rights
 * of whoever asks (grants and row filters are those of the tables beneath). The mask on `customers.name` shows an initial
 * to whoever is not of EMEA. Can be run again over what is there already.
 */
export const lakeSql = `
  CREATE SCHEMA IF NOT EXISTS "main.sales";
  CREATE SCHEMA IF NOT EXISTS "main.hr";
  CREATE OR REPLACE VIEW "main.sales".customers WITH (security_invoker = true) AS
    SELECT id,
           CASE WHEN EXISTS (SELECT FROM access.person_region r WHERE r.role = session_user AND r.region = 'EMEA')
                THEN name ELSE left(name, 1) || '.' END AS name,
           email, phone, region
    FROM sales.customers;
  CREATE OR REPLACE VIEW "main.sales".orders WITH (security_invoker = true) AS SELECT * FROM sales.orders;
  CREATE OR REPLACE VIEW "main.sales".order_lines WITH (security_invoker = true) AS SELECT * FROM sales.order_lines;
  CREATE OR REPLACE VIEW "main.sales".products WITH (security_invoker = true) AS SELECT * FROM sales.products;
  CREATE OR REPLACE VIEW "main.hr".employees WITH (security_invoker = true) AS SELECT * FROM hr.employees;
  GRANT USAGE ON SCHEMA "main.sales" TO analysts;
  GRANT USAGE ON SCHEMA "main.hr" TO analysts, hr_staff;
  GRANT SELECT ON ALL TABLES IN SCHEMA "main.sales" TO analysts;
  GRANT INSERT, UPDATE ON "main.sales".customers, "main.sales".orders, "main.sales".order_lines TO analysts;
  GRANT DELETE ON "main.sales".customers, "main.sales".orders, "main.sales".order_lines TO deleters;
  GRANT SELECT ON "main.hr".employees TO analysts;
  GRANT SELECT, INSERT, UPDATE ON "main.hr".employees TO hr_staff;`

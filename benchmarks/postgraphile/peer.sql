-- What PostGraphile serves: the tables of ledger 1, as views with the columns that the
-- benchmark's list has. Smart comments name keys, which views have none of.

CREATE SCHEMA peer;

CREATE VIEW peer.customers AS
SELECT id, external_id, name FROM public.customers WHERE organisation_id = 1;
COMMENT ON VIEW peer.customers IS E'@primaryKey id';

CREATE VIEW peer.products AS
SELECT id, external_id, name FROM public.products WHERE organisation_id = 1;
COMMENT ON VIEW peer.products IS E'@primaryKey id';

CREATE VIEW peer.documents AS
SELECT id, external_id, number AS reference FROM public.documents WHERE ledger_id = 1;
COMMENT ON VIEW peer.documents IS E'@primaryKey id';

CREATE VIEW peer.journals AS
SELECT
    j.number,
    make_date(1970 + j.month / 12, j.month % 12 + 1, 1) AS month,
    (ARRAY['INVOICE', 'BILLING_SCHEDULE', 'CREDIT_NOTE', 'STANDALONE'])[j.source]
        AS source,
    j.customer_id,
    j.product_id,
    j.document_id,
    (
        SELECT round(sum(m.amount) * 0.01, 2)
        FROM public.movements m
        WHERE m.ledger_id = j.ledger_id AND m.journal = j.number
          AND m.superseded_in IS NULL
    ) AS amount,
    l.currency
FROM public.journals j
JOIN public.ledgers l ON l.id = j.ledger_id
WHERE j.ledger_id = 1;
COMMENT ON VIEW peer.journals IS $$
@primaryKey number
@foreignKey (customer_id) references peer.customers (id)|@fieldName customer
@foreignKey (product_id) references peer.products (id)|@fieldName product
@foreignKey (document_id) references peer.documents (id)|@fieldName document
$$;

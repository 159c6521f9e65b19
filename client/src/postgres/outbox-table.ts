/**
 * The outbox's table. A row is a message that a transaction wants published; it goes when the message is confirmed.
 *
 * Order: numbers are drawn before transactions commit, so a lower one can appear after a higher one. Where a message has
 * a key, the row's trigger first takes a lock on that key, until the transaction ends, and draws the number then: of one
 * key, numbers are in the order of commits, and whoever sees a row sees those before it. Without a key there is no lock
 * and no order. As triggers, both hold for rows of any origin, an `insert` of another language for one.
 */
import { literal, quoted, tableName } from './database.ts'

/** For whoever keeps migrations of their own; it does nothing where the table is. */
export function outboxSql(schema: string, table: string): string {
  const name = tableName(schema, table)
  const own = (suffix: string): string => tableName(schema, `${table}_${suffix}`)
  return `DO $outbox$
BEGIN
  IF to_regclass(${literal(name)}) IS NOT NULL THEN RETURN; END IF;
  IF to_regnamespace(${literal(quoted(schema))}) IS NULL THEN CREATE SCHEMA ${quoted(schema)}; END IF;

  CREATE SEQUENCE ${own('id')};
  CREATE TABLE ${name} (
    id bigint PRIMARY KEY DEFAULT nextval(${literal(own('id'))}),
    message_id text NOT NULL DEFAULT gen_random_uuid()::text,
    -- messages of one key are published in the order of their commits
    key text,
    exchange text NOT NULL DEFAULT '',
    routing_key text NOT NULL,
    properties json NOT NULL DEFAULT '{}',
    body bytea NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    -- how often the broker refused it, when it is tried again, why, and since when it is not any more
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz,
    last_error text,
    parked_at timestamptz
  );
  ALTER SEQUENCE ${own('id')} OWNED BY ${name}.id;
  CREATE INDEX ${quoted(`${table}_open`)} ON ${name} (id) WHERE parked_at IS NULL;
  CREATE INDEX ${quoted(`${table}_retried`)} ON ${name} (key, id) WHERE due_at IS NOT NULL AND parked_at IS NULL;

  CREATE FUNCTION ${own('order')}() RETURNS trigger LANGUAGE plpgsql AS $body$
  BEGIN
    PERFORM pg_advisory_xact_lock(TG_RELID::integer, hashtext(NEW.key));
    NEW.id := nextval(${literal(own('id'))});
    RETURN NEW;
  END $body$;
  CREATE TRIGGER signalbox_order BEFORE INSERT ON ${name}
    FOR EACH ROW WHEN (NEW.key IS NOT NULL) EXECUTE FUNCTION ${own('order')}();

  CREATE FUNCTION ${own('notify')}() RETURNS trigger LANGUAGE plpgsql AS $body$
  BEGIN
    PERFORM pg_notify(${literal(table)}, '');
    RETURN NULL;
  END $body$;
  CREATE TRIGGER signalbox_notify AFTER INSERT ON ${name}
    FOR EACH STATEMENT EXECUTE FUNCTION ${own('notify')}();
END $outbox$`
}

/** Each value is a text or bytes, so that any driver sends it as it is. */
export function insertSql(schema: string, table: string, count: number): string {
  const rows = Array.from({ length: count }, (_, row) => {
    const at = (column: number): string => `$${row * COLUMNS + column}`
    return `(${at(1)}::text, ${at(2)}::text, ${at(3)}::text, ${at(4)}::text, ${at(5)}::text::json, ${at(6)}::bytea)`
  })
  const columns = 'message_id, key, exchange, routing_key, properties, body'
  return `INSERT INTO ${tableName(schema, table)} (${columns}) VALUES ${rows.join(', ')}`
}

const COLUMNS = 6

/** PostgreSQL takes 65,535 values in one statement. */
export const INSERTED_MAX = 1000

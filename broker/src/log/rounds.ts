/** Which round is open and which is durable: shared by the engine, its shards and its logs. */
export class Rounds {
  /** Anything staged now becomes durable with this one. */
  open = 1
  durable = 0
}

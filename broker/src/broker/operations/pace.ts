/** Operations that append many messages keep to the pace of the log, as publishers do: memory holds what is not written. */
import type { Broker } from '../broker.ts'

const LAGGING_RETRY_MS = 20

/** Resolves once the log keeps up, at once if it does, or when it is over anyway. */
export async function keepPace({ engine, clock }: Broker, isOver: () => boolean = () => false): Promise<void> {
  while (engine.lagging && !isOver()) {
    await new Promise<void>((resolve) => clock.setTimer(LAGGING_RETRY_MS, () => resolve()))
  }
}

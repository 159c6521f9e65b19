/** Opening and closing channels, whatever becomes of their connection meanwhile. */
import type { Channel, ChannelModel } from 'amqplib'

/** A channel's error is told by the call that failed, or by its end. */
export async function openChannel(model: ChannelModel): Promise<Channel> {
  const channel = await model.createChannel()
  channel.on('error', () => {})
  return channel
}

/** Resolves when it is closed; also where it was, or where its connection goes before the broker has answered. */
export async function closeChannel(channel: Channel): Promise<void> {
  const closed = new Promise<void>((resolve) => channel.once('close', resolve))
  await Promise.race([closed, channel.close().catch(() => {})])
}

/** The messages of a queue. */
import { MessagesPage } from './messages-page.tsx'

export default () => <MessagesPage kind="queue" />

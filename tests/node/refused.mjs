// Subscribes with a public client as it is by default, and prints how that ends as JSON.
//   node refused.mjs WAY URL QUERY AUTHORIZATION
// WAY is `first message`, `upgrade` or `events`. It tells how often the client connected,
// the results, and the close code, the GraphQL errors or the HTTP status.

import { createClient as createSse } from "graphql-sse";
import { createClient as createWs } from "graphql-ws";
import WebSocket from "ws";

const [way, url, query, authorization] = process.argv.slice(2);
const headers = { authorization };
let connections = 0;
const on = { connecting: () => (connections += 1) };

class WithHeaders extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, { headers });
  }
}

const inFirstMessage = way === "first message";
const client =
  way === "events"
    ? createSse({ url, headers, on, retryAttempts: 0 })
    : createWs({
        url: url.replace(/^http/, "ws"),
        on,
        webSocketImpl: inFirstMessage ? WebSocket : WithHeaders,
        connectionParams: inFirstMessage ? headers : {},
      });

const told = { results: [] };
try {
  for await (const result of client.iterate({ query })) {
    told.results.push(result);
    console.log(JSON.stringify(result));
  }
} catch (error) {
  if (Array.isArray(error)) told.errors = error.map(({ extensions }) => extensions.code);
  else if (error.response) told.status = error.response.status;
  else told.code = error.code;
}
console.log(JSON.stringify({ ...told, connections }));
client.dispose();

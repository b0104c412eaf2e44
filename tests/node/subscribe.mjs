// Subscribes with a public client, and prints every result as a line of JSON.
//   node subscribe.mjs ws|sse URL QUERY COUNT [AUTHORIZATION]
// It ends after COUNT results, or when the subscription completes; an error is printed
// as {"error": …} and ends it too.

import { createClient as createSse } from "graphql-sse";
import { createClient as createWs } from "graphql-ws";

const [protocol, url, query, count, authorization] = process.argv.slice(2);

const headers = authorization ? { authorization } : {};
const client =
  protocol === "ws"
    ? createWs({ url: url.replace(/^http/, "ws"), connectionParams: headers, retryAttempts: 0 })
    : createSse({ url, headers, retryAttempts: 0 });

let left = Number(count);
try {
  for await (const result of client.iterate({ query })) {
    console.log(JSON.stringify(result));
    left -= 1;
    if (left === 0) break;
  }
} catch (error) {
  const told = error instanceof Error ? error.message : error;
  const code = error?.code;
  console.log(JSON.stringify({ error: told, code }));
}
client.dispose();

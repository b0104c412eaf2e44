// Serves the schema `peer` of a PostgreSQL database by PostGraphile, as its documentation
// shows: node server.mjs CONNECTION_STRING PROCESSES PORT

import cluster from "node:cluster";
import { createServer } from "node:http";

import { grafserv } from "postgraphile/grafserv/node";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { postgraphile } from "postgraphile";

const [connectionString, processes, port] = process.argv.slice(2);

if (cluster.isPrimary && Number(processes) > 1) {
  for (let at = 0; at < Number(processes); at++) cluster.fork();
  process.on("SIGTERM", () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill();
    process.exit(0);
  });
} else {
  const pgl = postgraphile({
    extends: [PostGraphileAmberPreset],
    pgServices: [makePgService({ connectionString, schemas: ["peer"] })],
    grafserv: { graphiql: false, watch: false },
    grafast: { explain: false },
  });
  const server = createServer();
  await pgl.createServ(grafserv).addTo(server);
  server.listen(Number(port), "127.0.0.1");
}

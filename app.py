"""The table of contents: creates the app and registers every blueprint; nothing else."""

from chalice import Chalice

from chalicelib.billing import api as billing
from chalicelib.catalog import api as catalog
from chalicelib.customers import api as customers
from chalicelib.edge import auth, meta
from chalicelib.flows import (
    advisory_api,
    bank_api,
    cancellations_api,
    contracts_api,
    exports_api,
    inbound_api,
    leaving_records_api,
    notices_api,
    online_api,
    relay,
    reports_api,
    requests_api,
    service_levels_api,
    subscriptions_api,
)
from chalicelib.flows import api as flows
from chalicelib.flows import events as flow_events
from chalicelib.licensing import api as licensing
from chalicelib.licensing import events as licensing_events
from chalicelib.mail import events as mail_events
from chalicelib.subscriptions import api as subscriptions
from chalicelib.tasks import api as tasks
from chalicelib.tickets import api as tickets
from chalicelib.tickets import attachments_api

# Without its own log handler: the JSON logger has the same name, and every line would come twice.
app = Chalice(app_name="vigencia", configure_logs=False)

app.register_blueprint(meta.bp)
app.register_blueprint(auth.bp)
app.register_blueprint(customers.bp)
app.register_blueprint(catalog.bp)
app.register_blueprint(flows.bp)
app.register_blueprint(reports_api.bp)
app.register_blueprint(bank_api.bp)
app.register_blueprint(online_api.bp)
app.register_blueprint(contracts_api.bp)
app.register_blueprint(exports_api.bp)
app.register_blueprint(billing.bp)
app.register_blueprint(licensing.bp)
app.register_blueprint(subscriptions.bp)
app.register_blueprint(subscriptions_api.bp)
app.register_blueprint(tickets.bp)
app.register_blueprint(requests_api.bp)
app.register_blueprint(advisory_api.bp)
app.register_blueprint(attachments_api.bp)
app.register_blueprint(inbound_api.bp)
app.register_blueprint(cancellations_api.bp)
app.register_blueprint(service_levels_api.bp)
app.register_blueprint(notices_api.bp)
app.register_blueprint(leaving_records_api.bp)
app.register_blueprint(tasks.bp)
app.register_blueprint(flow_events.bp)
app.register_blueprint(relay.bp)
app.register_blueprint(mail_events.bp)
app.register_blueprint(licensing_events.bp)

#!/bin/sh
# Make a SignalR service, and send its events to APP_URL: azure_signalr.sh GROUP SERVICE APP_URL CODE
set -eu
group=$1 service=$2 app_url=$3 code=$4

az signalr create --resource-group "$group" --name "$service" \
    --sku Standard_S1 --unit-count 1 --service-mode Serverless
az signalr upstream update --resource-group "$group" --name "$service" \
    --template url-template="$app_url/runtime/webhooks/signalr?code=$code" \
        hub-pattern="*" category-pattern="*" event-pattern="*"

from django.urls import path

from depot.upkeep import cloud_pages, door, oddity_pages, offline_pages, template_pages

urlpatterns = [
    path("offline/", offline_pages.offline, name="offline"),
    path("offline/rules/add/", offline_pages.add_rule, name="offline-rule-add"),
    path("offline/rules/<int:rule_id>/delete/", offline_pages.delete_rule, name="offline-rule-delete"),
    path("offline/lists/<int:list_id>/try-again/", offline_pages.try_again, name="local-list-try-again"),
    path("offline/lists/<int:list_id>/put-back/", offline_pages.put_back, name="local-list-put-back"),
    path("setting-templates/", template_pages.templates, name="setting-templates"),
    path("setting-templates/add/", template_pages.add, name="setting-template-add"),
    path("setting-templates/<int:template_id>/", template_pages.change, name="setting-template"),
    path("setting-templates/<int:template_id>/delete/", template_pages.delete, name="setting-template-delete"),
    path("chargers/<int:charger_id>/configuration/fix/", template_pages.fix_one, name="charger-fix-setting"),
    path("chargers/<int:charger_id>/via-cloud/", cloud_pages.switch_cloud, name="charger-via-cloud"),
    path("ocpp/<path:rest>", door.no_upgrade, name="no-upgrade"),
    path("oddities/", oddity_pages.oddities, name="oddities"),
]

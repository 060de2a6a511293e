from django.urls import path

from apps.reviews import views_notifications as notifications
from apps.reviews import views_policy as policy
from apps.reviews import views_standing as standing

urlpatterns = [
    path("review/<str:number>/snooze/", standing.snooze_case, name="snooze_case"),
    path("review/<str:number>/ask/", standing.send_back_case, name="send_back_case"),
    path("review/<str:number>/fetch/", standing.fetch_case, name="fetch_case"),
    path("review/<str:number>/answer/", standing.answer_case, name="answer_case"),
    path("review/<str:number>/settle/<uuid:effect_id>/", standing.settle_effect, name="settle_effect"),
    path("calendar/", policy.calendar_page, name="calendar"),
    path("review-policy/", policy.policy_page, name="policy"),
    path("review-policy/<slug:slug>/", policy.policy_page, name="policy_of"),
    path("notifications/", notifications.notifications_page, name="notifications"),
    path("notifications/bell/", notifications.bell, name="bell"),
    path("notifications/seen/", notifications.see_all, name="see_all"),
    path("notifications/choices/", notifications.choose_notifications, name="choose_notifications"),
    path("notifications/<uuid:notification_id>/", notifications.open_notification, name="open_notification"),
    path("absences/", notifications.enter_absence, name="enter_absence"),
    path("absences/<uuid:absence_id>/remove/", notifications.remove_absence, name="remove_absence"),
]
